"""ONNX files step by step: read, traced with sizes, simplified, and mapped to layers."""
