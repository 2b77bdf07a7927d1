"""The loop beside a live system: it gathers what happened, lets the kernel decide, and carries out what it orders."""
