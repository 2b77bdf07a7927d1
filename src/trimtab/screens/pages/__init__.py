"""One function a page: a view in, a page out. None of them writes, and none asks anything but the record."""
