"""How the world is reached: engines, ledgers, blobs, artifacts and tables behind the ports."""
