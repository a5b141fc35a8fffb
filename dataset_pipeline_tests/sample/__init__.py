"""The sample dataset's seeded generator, and the truth about what it planted.

`python -m dataset_pipeline_tests.sample` writes the generated part of `configs/support_tickets` and
`truth.json` beside this file. Every person, number and secret in it is invented.

What does not belong here: anything that reads the sample (that is the pipeline), and the
handwritten files of the dataset (guidelines, prompt templates, task examples, decision log).
"""
