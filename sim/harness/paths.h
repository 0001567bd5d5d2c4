/* Where the pieces that are read at run time lie. The first of these that says so wins: an
 * environment variable of the name given below, the loaded set of scenarios, the folder that an
 * installed program was started from, the build that made this program. */
#pragma once

const char *paths_firmware_dir(void); /* OTASIM_FIRMWARE_DIR: firmware modules */
const char *paths_certs_dir(void);    /* OTASIM_CERTS_DIR: test certificates */
const char *paths_fixtures_dir(void); /* OTASIM_FIXTURES_DIR: server, partition tables */
/** Bytecode of the server of that folder, apart from it; NULL: it is beside it, or there is none.
 */
const char *paths_server_bytecode(void);
const char *paths_python(void);      /* OTASIM_PYTHON: interpreter for the server */
const char *paths_real_images(void); /* OTASIM_REAL_IMAGES: vendor-made images; "" if none */

/** Where the firmwares lie that come with this program: those that a set may name besides its own.
 */
const char *paths_own_firmware_dir(void);

/** Finds out from argv[0] whether this program is an installed one, and where. */
void paths_find_installation(const char *program);
