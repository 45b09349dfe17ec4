// SPDX-License-Identifier: MIT
//
// Completion: which word, of what kind, and how its candidates are quoted.

#include "tests.h"

#include "complete.h"

static void add_all(const char *const *names, const char *prefix, struct list *out)
{
    for (; *names != NULL; names++) {
        if (strncmp(*names, prefix, strlen(prefix)) == 0) {
            list_add(out, *names);
        }
    }
}

static void commands(void *context, const char *prefix, struct list *out)
{
    static const char *const names[] = {"cat", "cd", "cut", "ls", NULL};

    (void)context;
    add_all(names, prefix, out);
}

static void variables(void *context, const char *prefix, struct list *out)
{
    static const char *const names[] = {"HOME", "HOST", "PATH", NULL};

    (void)context;
    add_all(names, prefix, out);
}

static void list_files(void *context, const char *directory, struct list *names)
{
    static const char *const here[] = {"file", "fish", "a b", "it's", "$x", ".dot", "dir", NULL};
    static const char *const dir[] = {"sub", "such", NULL};
    static const char *const home[] = {"mine", NULL};

    (void)context;
    if (directory[0] == '\0') {
        add_all(here, "", names);
    } else if (strcmp(directory, "dir/") == 0) {
        add_all(dir, "", names);
    } else if (strcmp(directory, "/home/") == 0) {
        add_all(home, "", names);
    }
}

static bool is_directory(void *context, const char *path)
{
    (void)context;
    return strcmp(path, "dir") == 0 || strcmp(path, "dir/sub") == 0;
}

static const char *home(void *context)
{
    (void)context;
    return "/home";
}

// The candidates for the end of the line, and in front of them what they replace.
static void expect(const char *line, const char *candidates)
{
    const struct complete_sources sources = {.commands = commands,
                                             .variables = variables,
                                             .list = list_files,
                                             .is_directory = is_directory,
                                             .home = home};
    struct completion c = {0};
    struct str out = {0};

    complete(&sources, line, strlen(line), &c);
    str_printf(&out, "%s:", line + c.start);
    for (size_t i = 0; i < c.items.count; i++) {
        str_printf(&out, " <%s%s>", c.items.items[i], c.items.count == 1 ? c.end : "");
    }
    assert_string_equal(str_text(&out), candidates);
    list_free(&c.items);
    list_free(&c.shown);
    str_free(&out);
}

static void test_words(void **state)
{
    (void)state;
    expect("c", "c: <cat> <cd> <cut>");
    expect("ls c", "c:");
    expect("ls fi", "fi: <file> <fish>");
    expect("ls; c", "c: <cat> <cd> <cut>");
    expect("ls | cu", "cu: <cut >");
    expect("x=1 cu", "cu: <cut >");
    expect("if cu", "cu: <cut >");
    expect("echo $(cu", "cu: <cut >");
    expect("ls >fil", "fil: <file >");
    expect("./fi", "./fi:");
    expect("ls fis x", "x:");
    expect("ls dir/su", "dir/su: <dir/sub/> <dir/such>");
    expect("cd ", ": <dir/ >");
    expect("cd dir/s", "dir/s: <dir/sub/ >");
    expect("ls .d", ".d: <.dot >");
    expect("ls ~/", "~/: <~/mine >");
    expect("echo $HO", "HO: <HOME> <HOST>");
    expect("echo ${PA", "PA: <PATH}>");
    expect("echo \"x $PA", "PA: <PATH>");
    expect("echo '$PA", "'$PA:");
    expect("x=fil", "fil: <file >");
    expect("cmd --opt=fis", "fis: <fish >");
}

static void test_quoting(void **state)
{
    (void)state;
    expect("ls a", "a: <a\\ b >");
    expect("ls a\\ ", "a\\ : <a\\ b >");
    expect("ls \"a ", "\"a : <\"a b\" >");
    expect("ls 'a", "'a: <'a b' >");
    expect("ls i", "i: <it\\'s >");
    expect("ls \"i", "\"i: <\"it's\" >");
    expect("ls '$", "'$: <'$x' >");
    expect("ls f\"il", "f\"il: <file >");
    expect("ls \"fil\"", "\"fil\": <file >");
}

int run_complete_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_quoting),
    };

    return cmocka_run_group_tests_name("sh: completion", tests, NULL, NULL);
}
