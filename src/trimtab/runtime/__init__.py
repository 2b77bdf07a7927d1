"""The loop over live time and over history; here decisions meet the world through ports."""
