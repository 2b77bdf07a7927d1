"""Rental bikes of Washington in 2011: how many will be hired in an hour of tomorrow."""
