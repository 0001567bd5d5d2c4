#include "image_leniency.h"

#include "app_image.h"
#include "otasim_quirk.h"

static const struct {
    enum quirk_id quirk;
    unsigned lenience;
} rows[] = {
    {QUIRK_BLOCK_REVISION_IGNORED, APP_IMAGE_ANY_BLOCK_REVISION},
    {QUIRK_SHORT_DESCRIPTOR_ACCEPTED, APP_IMAGE_CUT_OFF_DESCRIPTOR},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

unsigned image_leniency_of(uint32_t release)
{
    unsigned lenience = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        lenience |= quirk_in_release(rows[i].quirk, release) ? rows[i].lenience : 0;
    }
    return lenience;
}

unsigned image_leniency(void)
{
    unsigned lenience = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        lenience |= quirk(rows[i].quirk) ? rows[i].lenience : 0;
    }
    return lenience;
}

void image_leniency_met(unsigned let_through)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if ((let_through & rows[i].lenience) != 0) {
            quirk_met(rows[i].quirk);
        }
    }
}
