#include "paths.h"

#include <stdlib.h>

static const char *or_default(const char *variable, const char *built_in)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : built_in;
}

const char *paths_firmware_dir(void)
{
    return or_default("OTASIM_FIRMWARE_DIR", OTASIM_BUILD_FIRMWARE_DIR);
}

const char *paths_certs_dir(void)
{
    return or_default("OTASIM_CERTS_DIR", OTASIM_BUILD_CERTS_DIR);
}

const char *paths_fixtures_dir(void)
{
    return or_default("OTASIM_FIXTURES_DIR", OTASIM_BUILD_FIXTURES_DIR);
}

const char *paths_python(void)
{
    return or_default("OTASIM_PYTHON", OTASIM_BUILD_PYTHON);
}

const char *paths_real_images(void)
{
    return or_default("OTASIM_REAL_IMAGES", OTASIM_BUILD_REAL_IMAGES);
}
