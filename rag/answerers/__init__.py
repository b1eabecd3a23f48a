"""Who drafts answers: in the abstracts own words, or by an LLM."""
