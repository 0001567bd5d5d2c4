#include "expected.h"

bool expected_update(const struct scenario_expect *expect)
{
    if (expect->state != STATE_AS_RESULT) {
        return expect->state == STATE_K2;
    }
    return expect->result == ESP_OK && !expect->no_update;
}

const struct expected_event *expected_good_events(size_t *count)
{
    static const struct expected_event events[] = {
        START,
        CONNECTED,
        VERIFY_CHIP_ID,
        VERIFY_CHIP_REVISION,
        WRITE_FLASH_TO(IMAGE_SIZE),
        UPDATE_BOOT_PARTITION,
        FINISH,
    };
    *count = sizeof events / sizeof events[0];
    return events;
}
