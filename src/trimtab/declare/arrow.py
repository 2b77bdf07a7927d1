"""How each kind of value is held in an Arrow table."""

from __future__ import annotations

import pyarrow as pa

from trimtab.declare.kinds import Kind

ARROW = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.STRING: pa.string(),
    Kind.TIMESTAMP: pa.int64(),
    Kind.DURATION: pa.int64(),
}
