"""Is ML right here? The ladder of answers fitted on a past, judged on what came after, and set against money."""
