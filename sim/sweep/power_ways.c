/* The last pass of a power sweep: the shortest way to each kind of finding, told step by step. */
#include <stdio.h>
#include <string.h>

#include "baseline.h"
#include "power_story.h"
#include "power_sweep.h"
#include "scenario.h"

/* The flow that gets there in the fewest steps, or NULL. */
static struct flow_sweep *nearest(struct power_sweep *sweep, enum sweep_class class)
{
    struct flow_sweep *best = NULL;
    for (size_t i = 0; i < sweep->count; i++) {
        struct flow_sweep *flow = &sweep->flows[i];
        if (flow->shortest[class].found &&
            (best == NULL || power_point_is_shorter(&flow->flow, &flow->shortest[class].point,
                                                    &best->flow, &best->shortest[class].point))) {
            best = flow;
        }
    }
    return best;
}

static bool tell_way(struct power_sweep *sweep, const struct flow_sweep *flow, const char *class,
                     const struct power_point *point, struct error *err)
{
    static const struct power_listener nobody = {.finding = NULL};
    const char *name = flow->flow.scenario->name;
    char at[64], id[256];
    power_point_text(point, at);
    snprintf(id, sizeof id, "power:%s@%s", name, at);
    struct power_explorer *explorer = power_explorer_create(&flow->flow, sweep->options, &nobody);
    json_t *story = explorer != NULL ? power_story(explorer, &flow->flow, point) : NULL;
    power_explorer_destroy(explorer);
    if (story == NULL) {
        return error_set(err, "%s: out of memory", id);
    }
    json_t *record = json_pack("{s:s, s:s, s:{s:s, s:s*, s:o}}", "sweep", "power", "scenario", name,
                               "way", "id", id, "class", class, "steps", story);
    sweep->listener->record(record, sweep->listener->context);
    json_decref(record);
    return true;
}

static bool tell_point(struct power_sweep *sweep, struct error *err)
{
    struct power_point point;
    return power_point_parse(sweep->options->point, &point, err) &&
           tell_way(sweep, &sweep->flows[0], NULL, &point, err);
}

bool power_sweep_tell_ways(struct power_sweep *sweep, struct error *err)
{
    if (sweep->options->point != NULL) {
        bool has_story = sweep->count > 0 && !baseline_is_all(sweep->options) &&
                         baseline_stands(sweep->flows[0].report);
        return !has_story || tell_point(sweep, err);
    }
    bool ok = true;
    for (int class = 0; class < SWEEP_CLASSES && ok; class ++) {
        const struct flow_sweep *flow = nearest(sweep, (enum sweep_class) class);
        if (flow != NULL) {
            ok = tell_way(sweep, flow, sweep_class_name((enum sweep_class) class),
                          &flow->shortest[class].point, err);
        }
    }
    return ok;
}
