"""The rules behind readiness, one module per chapter of ISO/IEC 27001:2022."""
