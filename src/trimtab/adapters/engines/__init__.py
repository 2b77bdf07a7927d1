"""Engines that run query plans, one file each; an engine is imported nowhere else."""
