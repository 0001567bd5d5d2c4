/* The release of ESP-IDF that the images were built with, against the one that they are judged by.
 * What an image says is offered, never taken by itself: it may be a fork, or between releases. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_files.h"
#include "gate.h"
#include "release.h"

enum built {
    BUILT_UNKNOWN, /* no release is told by it */
    BUILT_AT,      /* it is that release */
    BUILT_AFTER,   /* that release and some changes: "v5.1.2-31-gabc", "v5.1.2-dirty" */
    BUILT_NEWEST,  /* development, later than all that is known */
};

/* Reads what the app descriptor says, as `git describe` has it. "v5.1" is 5.1.0. */
static enum built read_built(const char *text, uint32_t *release, struct error *err)
{
    unsigned major, minor, patch = 0, commits;
    int length = 0, more = 0;
    const char *at = text + (text[0] == 'v');
    if (sscanf(at, "%3u.%3u%n", &major, &minor, &length) != 2) {
        error_set(err, "it names no release");
        return BUILT_UNKNOWN;
    }
    at += length;
    if (sscanf(at, ".%3u%n", &patch, &more) == 1) {
        at += more;
    }
    char tag[RELEASE_TEXT_LENGTH];
    snprintf(tag, sizeof tag, "%u.%u.%u", major, minor, patch);
    if (strncmp(at, "-dev", 4) == 0 && (major << 16 | minor << 8) >= release_master()) {
        *release = release_master();
        return BUILT_NEWEST;
    }
    if (!release_parse(tag, release, err)) {
        return BUILT_UNKNOWN;
    }
    if (*at == '\0') {
        return BUILT_AT;
    }
    if (strcmp(at, "-dirty") == 0 || sscanf(at, "-%u-g", &commits) == 1) {
        return BUILT_AFTER;
    }
    error_set(err, "it is on the way to a release");
    return BUILT_UNKNOWN;
}

/* The way back is NEW's own work. */
static bool is_of_way_back(const struct gate *gate, const struct gate_image *image)
{
    return image == &gate->new && gate->old.info.image_length != 0;
}

static void note(struct gate *gate, const struct gate_image *image)
{
    const char *says = image->info.descriptor.idf_version;
    uint32_t release = 0;
    struct error err = {""};
    char built[33], judged[RELEASE_TEXT_LENGTH], name[RELEASE_TEXT_LENGTH];
    char advice[sizeof err.text + 64];
    enum built how = read_built(says, &release, &err);
    if (how != BUILT_UNKNOWN && how != BUILT_AFTER && release == gate->release) {
        return;
    }
    release_text(release, name);
    if (how == BUILT_UNKNOWN) {
        snprintf(advice, sizeof advice, "%s; say which release it behaves like: --release",
                 err.text);
    } else if (gate->release_given && release == gate->release) {
        snprintf(advice, sizeof advice, "what was changed since %s is not known here", name);
    } else if (gate->release_given && is_of_way_back(gate, image)) {
        snprintf(advice, sizeof advice,
                 "the update is the old app's work; the way back would be its own: judge it with "
                 "NEW and OLD swapped and --release %s",
                 name);
    } else {
        snprintf(advice, sizeof advice, "--release %s judges it as %s", name,
                 how == BUILT_AFTER ? "the release before it" : "what it is");
    }
    findings_add(&gate->findings, FINDING_NOTE, advice,
                 "%s was built with ESP-IDF %s, and is judged as %s", image->title,
                 says[0] != '\0' ? printable(says, built, sizeof built) : "of no name",
                 release_text(gate->release, judged));
}

static bool is_recorded(uint32_t release)
{
    for (size_t i = 0; i < release_count(); i++) {
        if (release_at(i) == release) {
            return release_recorded_at(i);
        }
    }
    return false;
}

void gate_check_release(struct gate *gate)
{
    char name[RELEASE_TEXT_LENGTH];
    if (!is_recorded(gate->release)) {
        findings_add(&gate->findings, FINDING_NOTE,
                     "otasim hazards --release says what is known of it",
                     "ESP-IDF %s itself was never recorded: it is judged by what its changes say",
                     release_text(gate->release, name));
    }
    if (gate->old.info.image_length != 0) {
        note(gate, &gate->old);
    }
    if (gate->new.info.image_length != 0 &&
        (gate->old.info.image_length == 0 || strcmp(gate->old.info.descriptor.idf_version,
                                                    gate->new.info.descriptor.idf_version) != 0)) {
        note(gate, &gate->new);
    }
}
