"""What a system's own record can show: evaluations and acceptances kept, model cards, and the ML Test Score."""
