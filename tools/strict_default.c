/* Apart from the other files: the strict build differs from the default one in this alone. */
#include "commands.h"

bool strict_by_default(void)
{
    return OTASIM_STRICT;
}
