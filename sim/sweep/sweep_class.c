#include "sweep.h"

const char *sweep_class_name(enum sweep_class class)
{
    static const char *const names[SWEEP_CLASSES] = {
        [SWEEP_BRICK] = "brick",
        [SWEEP_LOST_UPDATE] = "lost update",
        [SWEEP_DOWNGRADE] = "silent downgrade",
        [SWEEP_WRONG_IMAGE] = "wrong image",
        [SWEEP_UNCONFIRMED] = "unconfirmed survives",
        [SWEEP_UNERASED] = "unerased program",
        [SWEEP_RETRY] = "retry fails",
        [SWEEP_CRASH] = "crash",
        [SWEEP_HANG] = "hang",
        [SWEEP_LEAK] = "leak",
        [SWEEP_UNDOCUMENTED] = "undocumented code",
        [SWEEP_BASELINE] = "fails without a fault",
    };
    return names[class];
}
