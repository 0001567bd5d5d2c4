/* One task at a time: others run while a flash operation takes its time. */
#pragma once

#include "esp_err.h"

/** Waits until no other task is in here; the same task may lock again. */
void nvs_lock(void);
/** Returns err, so that a call can end with `return nvs_unlock(...)`. */
esp_err_t nvs_unlock(esp_err_t err);
