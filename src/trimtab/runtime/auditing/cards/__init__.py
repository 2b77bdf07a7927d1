"""Model cards from a system's own record. Source: Mitchell et al., Model Cards for Model Reporting, 2019."""
