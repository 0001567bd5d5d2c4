/* Where the pieces that are read at run time lie: by default in the build and source folders that
 * this program was built from; an environment variable of the same name takes precedence. */
#pragma once

const char *paths_firmware_dir(void); /* OTASIM_FIRMWARE_DIR: firmware modules */
const char *paths_certs_dir(void);    /* OTASIM_CERTS_DIR: test certificates */
const char *paths_fixtures_dir(void); /* OTASIM_FIXTURES_DIR: server, partition tables */
const char *paths_python(void);       /* OTASIM_PYTHON: interpreter for the server */
const char *paths_real_images(void);  /* OTASIM_REAL_IMAGES: vendor-made images; "" if none */
