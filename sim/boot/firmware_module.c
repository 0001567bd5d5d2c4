#include "firmware_module.h"

#include <stddef.h>
#include <string.h>

const char *firmware_module_event_name(const struct firmware_module *module, const char *base,
                                       int32_t id)
{
    for (const struct firmware_event *event = module != NULL ? module->event : NULL;
         event != NULL && event->name != NULL; event++) {
        if (event->id == id && strcmp(event->base, base) == 0) {
            return event->name;
        }
    }
    return NULL;
}
