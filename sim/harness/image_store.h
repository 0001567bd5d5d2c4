/* Images that were built before: a book of scenarios asks for the same few again and again, and to
 * build one takes longer than to receive it. */
#pragma once

#include "app_image.h"

/** app_image_build, or a copy of what it built for the same fields: malloc'ed either way. */
bool image_store_build(const struct app_image_spec *spec, uint8_t **image, size_t *length,
                       struct error *err);
