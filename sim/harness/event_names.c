#include "event_names.h"

static const char *const names[] = {
    [EVENT_START] = "START",
    [EVENT_CONNECTED] = "CONNECTED",
    [EVENT_GET_IMG_DESC] = "GET_IMG_DESC",
    [EVENT_VERIFY_CHIP_ID] = "VERIFY_CHIP_ID",
    [EVENT_VERIFY_CHIP_REVISION] = "VERIFY_CHIP_REVISION",
    [EVENT_DECRYPT_CB] = "DECRYPT_CB",
    [EVENT_WRITE_FLASH] = "WRITE_FLASH",
    [EVENT_UPDATE_BOOT_PARTITION] = "UPDATE_BOOT_PARTITION",
    [EVENT_FINISH] = "FINISH",
    [EVENT_ABORT] = "ABORT",
};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

const char *event_name(enum scenario_event event)
{
    return (unsigned)event < NAME_COUNT ? names[event] : NULL;
}

enum scenario_event event_from_id(long long id)
{
    return id >= 0 && id + 1 < NAME_COUNT ? (enum scenario_event)(id + 1) : EVENT_END;
}
