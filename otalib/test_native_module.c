/* The table through which a test reaches the native API in a loaded module (test_native.h). */
#include "test_native_api.h"

const struct native_api otalib_native_api = {
#define NATIVE_FUNCTION(name) .name = esp_ota_##name,
    NATIVE_FUNCTIONS
#undef NATIVE_FUNCTION
};
