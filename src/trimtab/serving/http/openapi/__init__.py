"""The OpenAPI 3.1 document of a system, generated from its declaration, and the page made of it."""
