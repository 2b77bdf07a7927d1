"""How a candidate earns traffic, and how it loses it again: gate, shadow, canary, experiment, rollback (book ch. 9)."""
