#include "paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario_set.h"

/* Beside the program's folder, as the install rules have it; "" where it is not installed. */
static char installed_firmware[PATH_MAX], installed_certs[PATH_MAX], installed_fixtures[PATH_MAX];

static const char *or_default(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static const char *or_built(const char *installed, const char *built_in)
{
    return installed[0] != '\0' ? installed : built_in;
}

const char *paths_own_firmware_dir(void)
{
    return or_built(installed_firmware, OTASIM_BUILD_FIRMWARE_DIR);
}

const char *paths_firmware_dir(void)
{
    const struct scenario_set *set = scenario_set_current();
    return or_default("OTASIM_FIRMWARE_DIR",
                      set != NULL ? set->firmware_dir : paths_own_firmware_dir());
}

const char *paths_certs_dir(void)
{
    const struct scenario_set *set = scenario_set_current();
    return or_default("OTASIM_CERTS_DIR", set != NULL
                                              ? set->certs_dir
                                              : or_built(installed_certs, OTASIM_BUILD_CERTS_DIR));
}

const char *paths_fixtures_dir(void)
{
    return or_default("OTASIM_FIXTURES_DIR",
                      or_built(installed_fixtures, OTASIM_BUILD_FIXTURES_DIR));
}

const char *paths_server_bytecode(void)
{
    return strcmp(paths_fixtures_dir(), OTASIM_BUILD_FIXTURES_DIR) == 0
               ? OTASIM_BUILD_SERVER_BYTECODE
               : NULL;
}

const char *paths_python(void)
{
    return or_default("OTASIM_PYTHON", OTASIM_BUILD_PYTHON);
}

const char *paths_real_images(void)
{
    return or_default("OTASIM_REAL_IMAGES", OTASIM_BUILD_REAL_IMAGES);
}

/* The file that the shell found for the name, as an absolute path. */
static bool find_program(const char *program, char out[PATH_MAX])
{
    if (strchr(program, '/') != NULL) {
        return realpath(program, out) != NULL;
    }
    const char *path = getenv("PATH");
    for (const char *dir = path; dir != NULL && *dir != '\0';) {
        int length = (int)strcspn(dir, ":");
        char candidate[PATH_MAX];
        int fits = snprintf(candidate, sizeof candidate, "%.*s/%s", length, dir, program);
        if (fits > 0 && (size_t)fits < sizeof candidate && access(candidate, X_OK) == 0) {
            return realpath(candidate, out) != NULL;
        }
        dir += length + (dir[length] == ':');
    }
    return false;
}

static bool find_beside(const char *dir, const char *relative, char out[PATH_MAX])
{
    int length = snprintf(out, PATH_MAX, "%s/%s", dir, relative);
    struct stat status;
    if (length < 0 || length >= PATH_MAX || stat(out, &status) != 0) {
        out[0] = '\0';
    }
    return out[0] != '\0';
}

void paths_find_installation(const char *program)
{
    char path[PATH_MAX];
    if (program == NULL || !find_program(program, path)) {
        return;
    }
    *strrchr(path, '/') = '\0';
    if (find_beside(path, OTASIM_INSTALLED_FIXTURES_DIR, installed_fixtures)) {
        find_beside(path, OTASIM_INSTALLED_FIRMWARE_DIR, installed_firmware);
        find_beside(path, OTASIM_INSTALLED_CERTS_DIR, installed_certs);
    }
}
