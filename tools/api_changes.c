#include "api_changes.h"

#define QUIRK(id, name, catalogue, since, until, by, summary, advice)
#define CHANGE(id, name, since, until, by, summary, instead)
#define RETURN(id, name, since, until, by, summary, instead)
#define API(name, since, until) {name, since, until},

const struct api_change api_changes[] = {
#include "otasim_quirks.def"
};
const size_t api_change_count = sizeof api_changes / sizeof api_changes[0];
