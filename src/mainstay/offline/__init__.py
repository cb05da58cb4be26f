"""What works without an installation: the verifier that goes into the hands of an auditor."""
