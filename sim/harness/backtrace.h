/* Where a boot has crashed, in words: the functions of the firmware module and of the simulator's
 * API on its stack. No addresses, so that two runs say the same. */
#pragma once

#include "boot_crash.h"

/** Traces a "backtrace" record of the crash's frames; none if it has no frames. */
void backtrace_record(const struct boot_crash *crash);
