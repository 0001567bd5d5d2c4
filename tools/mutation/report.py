"""What caught what: as text, and as JSON beside the scratch build."""
import json
import os
import textwrap


def catching(verdicts):
    return [name for name, verdict in verdicts.items() if verdict.caught]


def group_of(part):
    return part.split("/")[0]


def listed(names):
    return textwrap.fill(", ".join(names), 100, initial_indent="    ", subsequent_indent="    ",
                         break_on_hyphens=False)


def matrix(results, parts):
    """One line a mutant, one column a part."""
    width = max(len(name) for name in results)
    lines = [f"{'':{width}}  {index:2}  {part}" for index, part in enumerate(parts, 1)]
    lines.append("")
    lines.append(f"{'':{width}} " + "".join(f" {index:2}" for index in range(1, len(parts) + 1)))
    for mutant, verdicts in results.items():
        caught = set(catching(verdicts))
        lines.append(f"{mutant:{width}} " + "".join("  X" if part in caught else "  ." for part in parts))
    return "\n".join(lines) + "\n"


def only_by(results, names, belongs):
    """{name: mutants that nothing else catches}"""
    alone = {name: [] for name in names}
    for mutant, verdicts in results.items():
        owners = {belongs(part) for part in catching(verdicts)}
        if len(owners) == 1:
            alone[owners.pop()].append(mutant)
    return alone


def only_caught_by(results, parts):
    lines = []
    groups = list(dict.fromkeys(group_of(part) for part in parts))
    for names, belongs in ((groups, group_of), (parts, lambda part: part)):
        for name, mutants in only_by(results, names, belongs).items():
            total = sum(any(belongs(part) == name for part in catching(verdicts)) for verdicts in results.values())
            what = name + "/*" if belongs is group_of else name
            lines.append(f"{what}: catches {total}; without it {len(mutants)} escape" + (":" if mutants else ""))
            if mutants:
                lines.append(listed(mutants))
        lines.append("")
    return "\n".join(lines)


def first_caught_by(results, parts):
    lines = []
    for part in parts:
        mutants = [name for name, verdicts in results.items() if catching(verdicts)[:1] == [part]]
        if mutants:
            lines.append(f"{part} caught {len(mutants)}:\n{listed(mutants)}")
    return "\n".join(lines) + "\n"


def as_json(results, parts):
    return {
        "parts": {part.name: list(part.command[1:]) for part in parts.values()},
        "mutants": {
            mutant: {
                part: {"caught": verdict.caught, "cases": list(verdict.cases[:10]), "broken": verdict.broken,
                       "seconds": round(verdict.seconds, 1)}
                for part, verdict in verdicts.items()
            }
            for mutant, verdicts in results.items()
        },
    }


def save(results, parts, arguments):
    """So far: a matrix takes long."""
    name = "matrix.json" if arguments.matrix else "report.json"
    with open(os.path.join(arguments.scratch, name), "w", encoding="utf-8") as file:
        json.dump(as_json(results, parts), file, indent=1)


def write(results, parts, arguments):
    """Prints the report and returns the mutants that escape."""
    escaped = [mutant for mutant, verdicts in results.items() if not catching(verdicts)]
    if arguments.matrix:
        text = matrix(results, parts) + "\n" + only_caught_by(results, parts)
        with open(os.path.join(arguments.scratch, "matrix.txt"), "w", encoding="utf-8") as file:
            file.write(text)
    else:
        text = first_caught_by(results, parts)
    print(text)
    without = " without " + ", ".join(arguments.without) if arguments.without else ""
    print(f"{len(results)} mutants, {len(results) - len(escaped)} caught{without}, {len(escaped)} escape"
          + (":" if escaped else ""))
    if escaped:
        print(listed(escaped))
    return escaped
