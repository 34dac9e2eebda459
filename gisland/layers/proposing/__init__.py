"""A project file proposed from a look at layers."""
