"""What journals and streams come down to, made once and kept: the numbers behind the pages."""
