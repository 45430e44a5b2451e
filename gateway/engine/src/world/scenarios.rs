//! Single stories, told step by step.
