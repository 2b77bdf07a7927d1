"""HTTP: one ASGI application over a service; it parses, checks and prints, and decides nothing."""
