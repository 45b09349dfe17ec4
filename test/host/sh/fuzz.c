// SPDX-License-Identifier: MIT
//
// Bytes that are no commands, or nearly: parser, printer, expander, editor and completion take any.
//
// What parses is printed, parsed again and printed again: both texts must be the same, for child
// shells live on it. Inputs are made from pieces of the language and by mutations, from seeds.

#include "tests.h"

#include "complete.h"
#include "expand.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 6000

static const char *const pieces[] = {
    "echo ", "a",    "b=1 ",      "$x",         "${x",    "}",        "${#x}",   "${x:-",
    "${x%%", "\"",   "'",         "`",          "$(",     ")",        "$((",     "))",
    "(",     "{ ",   "; ",        "\n",         " && ",   " || ",     " | ",     " & ",
    "!",     " ! ",  "if ",       "then ",      "else ",  "elif ",    "fi",      "while ",
    "do ",   "done", "for i in ", "case x in ", "x) ",    ";;",       "esac",    "f() ",
    "<",     ">",    ">>",        "<<E\n",      "E\n",    "\nE\n",    "<<'E'\n", "<<-E\n",
    "<<<",   "2>&1", "\\",        "\\\n",       "*",      "?",        "[a-",     "]",
    "~",     "#",    " # ",       "$'",         "$",      "1",        "+",       "*",
    "x",     "\t",   " ",         "@",          "%",      "\xc3\xa4", "\xff",    "!",
    "=",     "- ",   "then\n",    "\r\n",       "\"$@\"", "${10}",    "${@}",    "in ",
    "\n\n",  "1/0",  "<<E;",      "$(<",        "<&-",    "{a",       "()",      "\\'",
    "\\\"",  "\\$",  "\"\\`\"",
};

static void make_text(struct dice *dice, struct str *text)
{
    uint32_t count = 1 + dice_next(dice, 30);

    for (uint32_t i = 0; i < count; i++) {
        str_add_text(text, pieces[dice_next(dice, sizeof(pieces) / sizeof(pieces[0]))]);
    }
    for (uint32_t i = dice_next(dice, 3); i > 0 && text->size != 0; i--) {
        text->data[dice_next(dice, (uint32_t)text->size)] = (char)dice_next(dice, 256);
    }
}

// A copy that ends where AddressSanitizer sees it.
static char *exact(const struct str *text)
{
    char *copy = malloc(text->size + 1);

    assert_non_null(copy);
    memcpy(copy, str_text(text), text->size + 1);
    return copy;
}

static void test_parse_print_parse(void **state)
{
    unsigned good = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct dice dice = {.state = seed};
        struct str text = {0};
        struct str first = {0};
        struct str second = {0};
        enum parse_result result;
        char *copy;

        make_text(&dice, &text);
        copy = exact(&text);
        parse_and_print(copy, text.size, &first, &result);
        if (result == PARSE_END) {
            good++;
            parse_and_print(str_text(&first), first.size, &second, &result);
            if (result != PARSE_END || strcmp(str_text(&first), str_text(&second)) != 0) {
                fail_msg("seed %llu\n%s\nwas printed as\n%s\nand then\n%s",
                         (unsigned long long)seed, copy, str_text(&first), str_text(&second));
            }
        }
        free(copy);
        str_free(&text);
        str_free(&first);
        str_free(&second);
    }
    // Else it does not test much.
    assert_true(good > ROUNDS / 50);
}

// ---- expansion ----------------------------------------------------------------------------------

static const char *get(void *context, const char *name)
{
    static const char *const values[] = {NULL, "", " a  b ", "*", "[a-", "1", "\\*", "\xc3", "x"};

    (void)context;
    return values[(unsigned char)name[0] % (sizeof(values) / sizeof(values[0]))];
}

static bool set(void *context, const char *name, const char *value)
{
    (void)context;
    (void)value;
    return name[0] != 'r';
}

static char *const *arguments(void *context, size_t *count)
{
    static char one[] = "one 1";
    static char none[] = "";
    static char *const all[] = {one, none, NULL};

    (void)context;
    *count = 2;
    return all;
}

static bool run(void *context, const struct node *command, struct str *output)
{
    (void)context;
    (void)command;
    str_add(output, " o u\0t *\n\n", 10);
    return true;
}

static void error(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static const char *home(void *context, const char *user)
{
    (void)context;
    return user[0] == '\0' ? "/h" : NULL;
}

static void list_files(void *context, const char *directory, struct list *names)
{
    (void)context;
    (void)directory;
    list_add(names, "a");
    list_add(names, ".b");
    list_add(names, "\xc3\xa4 x");
}

static bool exists(void *context, const char *path)
{
    (void)context;
    return path[0] == 'a';
}

// Expands every word of a tree, wherever it is.
static void expand_tree(const struct expand_env *env, const struct node *node)
{
    for (; node != NULL; node = node->next) {
        struct list fields = {0};

        (void)expand_words(env, node->words, &fields);
        list_free(&fields);
        for (const struct redirect *r = node->redirects; r != NULL; r = r->next) {
            struct str text = {0};

            (void)expand_text(env, r->word, true, &text);
            str_free(&text);
        }
        for (const struct case_item *item = node->cases; item != NULL; item = item->next) {
            struct str pattern = {0};

            (void)expand_pattern(env, item->patterns, &pattern);
            (void)pattern_match(str_text(&pattern), "some text");
            str_free(&pattern);
            expand_tree(env, item->body);
        }
        expand_tree(env, node->condition);
        expand_tree(env, node->body);
        expand_tree(env, node->otherwise);
    }
}

static void test_expand_anything(void **state)
{
    const struct expand_env env = {.get = get,
                                   .set = set,
                                   .arguments = arguments,
                                   .run = run,
                                   .error = error,
                                   .home = home,
                                   .files = {.list = list_files, .exists = exists}};

    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct dice dice = {.state = seed};
        struct parser *p = malloc(sizeof(*p));
        struct program *program;
        struct str text = {0};

        assert_non_null(p);
        make_text(&dice, &text);
        parser_init(p, NULL, str_text(&text), text.size, 1);
        while (parser_next(p, &program) == PARSE_OK) {
            expand_tree(&env, program->node);
            program_release(program);
        }
        parser_free(p);
        free(p);
        str_free(&text);
    }
}

static void test_arithmetic_on_anything(void **state)
{
    static const char *const parts[] = {
        "1",  "0",  "x",  "+",  "-",   "*", "/",  "%",  "(",    ")", "<<", ">>",
        "<",  ">",  "=",  "==", "!",   "~", "&&", "||", "?",    ":", " ",  "9223372036854775807",
        "0x", "08", "+=", "/=", "<<=", "&", "|",  "^",  "\xff", "-1"};
    const struct expand_env env = {.get = get, .set = set, .error = error};

    (void)state;
    for (uint64_t seed = 1; seed <= 4 * ROUNDS; seed++) {
        struct dice dice = {.state = seed};
        struct str text = {0};
        long long value;

        for (uint32_t i = 1 + dice_next(&dice, 12); i > 0; i--) {
            str_add_text(&text, parts[dice_next(&dice, sizeof(parts) / sizeof(parts[0]))]);
        }
        (void)arithmetic(&env, str_text(&text), &value);
        str_free(&text);
    }
}

// ---- the terminal -------------------------------------------------------------------------------

static void sources(void *context, const char *prefix, struct list *out)
{
    (void)context;
    (void)prefix;
    list_add(out, "a 'b\"");
    list_add(out, "a$");
}

static bool is_directory(void *context, const char *path)
{
    (void)context;
    return path[0] == 'a';
}

static const char *no_home(void *context)
{
    (void)context;
    return NULL;
}

static void complete_anything(void *context, const char *line, size_t cursor,
                              struct completion *out)
{
    const struct complete_sources all = {.commands = sources,
                                         .variables = sources,
                                         .list = list_files,
                                         .is_directory = is_directory,
                                         .home = no_home};

    (void)context;
    complete(&all, line, cursor, out);
    assert_true(out->start <= cursor);
}

static void test_edit_any_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct dice dice = {.state = seed};
        struct history history = {.limit = 10};
        struct editor e = {
            .history = &history, .complete = complete_anything, .columns = dice_next(&dice, 100)};

        edit_begin(&e, "$ ");
        for (int i = 0; i < 400; i++) {
            unsigned char byte = (unsigned char)dice_next(&dice, 256);

            if (edit_key(&e, byte) == EDIT_LINE) {
                history_add(&history, str_text(&e.line));
                edit_finish(&e, "");
                edit_begin(&e, "$ ");
            }
            edit_draw(&e);
            assert_true(e.cursor <= e.line.size);
            str_cut(&e.output, 0);
        }
        edit_free(&e);
        history_clear(&history);
    }
}

int run_fuzz_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_print_parse),
        cmocka_unit_test(test_expand_anything),
        cmocka_unit_test(test_arithmetic_on_anything),
        cmocka_unit_test(test_edit_any_bytes),
    };

    return cmocka_run_group_tests_name("sh: any bytes", tests, NULL, NULL);
}
