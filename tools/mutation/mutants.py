"""Seeded faults: what somebody could get wrong in the OTA library, the HTTP client or the bootloader,
and what a test suite for them must therefore notice.

Each is one small replacement in one file. The old text must be there exactly once, so that a change
of the code that touches it is noticed and the table cannot rot.
"""
import mutants_device
import mutants_http
import mutants_ota

MUTANTS = mutants_ota.MUTANTS + mutants_http.MUTANTS + mutants_device.MUTANTS
