"""The lab: EM one half-step at a time in the browser, on the library's own stepper. Needs the extra ``[lab]``."""
