"""SynthRef: generated scenes of emoji art with referring expressions that are never ambiguous."""
