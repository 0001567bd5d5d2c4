#include "event_names.h"

#include <string.h>

#define PREFIX "ESP_HTTPS_OTA_"

static const char *const names[] = {
    [EVENT_START] = PREFIX "START",
    [EVENT_CONNECTED] = PREFIX "CONNECTED",
    [EVENT_GET_IMG_DESC] = PREFIX "GET_IMG_DESC",
    [EVENT_VERIFY_CHIP_ID] = PREFIX "VERIFY_CHIP_ID",
    [EVENT_VERIFY_CHIP_REVISION] = PREFIX "VERIFY_CHIP_REVISION",
    [EVENT_DECRYPT_CB] = PREFIX "DECRYPT_CB",
    [EVENT_WRITE_FLASH] = PREFIX "WRITE_FLASH",
    [EVENT_UPDATE_BOOT_PARTITION] = PREFIX "UPDATE_BOOT_PARTITION",
    [EVENT_FINISH] = PREFIX "FINISH",
    [EVENT_ABORT] = PREFIX "ABORT",
};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

const char *event_full_name(enum scenario_event event)
{
    return (unsigned)event < NAME_COUNT ? names[event] : NULL;
}

const char *event_name(enum scenario_event event)
{
    const char *name = event_full_name(event);
    return name != NULL ? name + strlen(PREFIX) : NULL;
}

enum scenario_event event_from_full_name(const char *name)
{
    for (int event = EVENT_START; name != NULL && event < NAME_COUNT; event++) {
        if (strcmp(names[event], name) == 0) {
            return (enum scenario_event)event;
        }
    }
    return EVENT_END;
}
