// SPDX-License-Identifier: MIT
//
// Arithmetic of $((...)); the interface is in expand.h.
//
// Precedence climbing over a table of operators. What && || and ?: leave out is parsed but not
// computed (`skip`). Numbers are 64 bits and wrap: all sums are done unsigned.

#include "expand.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 200

struct arith {
    const struct expand_env *env;
    const char *text; // all of it, for messages
    const char *position;
    unsigned skip; // > 0: parse only
    unsigned depth;
    bool failed;
};

struct operator
{
    const char *text;
    int precedence; // higher binds tighter
    int code;
};

enum { OP_SHL = 256, OP_SHR, OP_LE, OP_GE, OP_EQ, OP_NE, OP_AND, OP_OR };

// Longer ones first.
static const struct operator operators[] = {
    {"<<", 8, OP_SHL}, {">>", 8, OP_SHR}, {"<=", 7, OP_LE}, {">=", 7, OP_GE}, {"==", 6, OP_EQ},
    {"!=", 6, OP_NE},  {"&&", 2, OP_AND}, {"||", 1, OP_OR}, {"*", 10, '*'},   {"/", 10, '/'},
    {"%", 10, '%'},    {"+", 9, '+'},     {"-", 9, '-'},    {"<", 7, '<'},    {">", 7, '>'},
    {"&", 5, '&'},     {"^", 4, '^'},     {"|", 3, '|'},
};

static long long parse_assignment(struct arith *a);

static long long fail(struct arith *a, const char *what)
{
    if (!a->failed) {
        a->env->error(a->env->context, "arithmetic: %s: `%.80s'", what, a->text);
        a->failed = true;
    }
    return 0;
}

static void skip_blanks(struct arith *a)
{
    a->position += strspn(a->position, " \t\r\n");
}

static bool take(struct arith *a, char c)
{
    skip_blanks(a);
    if (*a->position != c) {
        return false;
    }
    a->position++;
    return true;
}

static long long divide(struct arith *a, int code, long long left, long long right)
{
    if (a->skip != 0) {
        return 0;
    }
    if (right == 0) {
        return fail(a, "division by zero");
    }
    if (right == -1) {
        return code == '/' ? (long long)(0 - (uint64_t)left) : 0;
    }
    return code == '/' ? left / right : left % right;
}

static long long compute(struct arith *a, int code, long long left, long long right)
{
    uint64_t l = (uint64_t)left;
    uint64_t r = (uint64_t)right;

    switch (code) {
    case '*': return (long long)(l * r);
    case '/':
    case '%': return divide(a, code, left, right);
    case '+': return (long long)(l + r);
    case '-': return (long long)(l - r);
    case OP_SHL: return (long long)(l << (r & 63));
    case OP_SHR: return left >> (r & 63);
    case '<': return left < right;
    case '>': return left > right;
    case OP_LE: return left <= right;
    case OP_GE: return left >= right;
    case OP_EQ: return left == right;
    case OP_NE: return left != right;
    case '&': return (long long)(l & r);
    case '^': return (long long)(l ^ r);
    case '|': return (long long)(l | r);
    case OP_AND: return left != 0 && right != 0;
    case OP_OR: return left != 0 || right != 0;
    default: return 0;
    }
}

static long long to_number(struct arith *a, const char *text)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 0);
    end += strspn(end, " \t\r\n");
    if (errno == ERANGE) {
        return fail(a, "number too large");
    }
    return *end == '\0' && end != text ? value : fail(a, "not a number");
}

static long long variable_value(struct arith *a, const char *name)
{
    const char *text = a->skip == 0 ? a->env->get(a->env->context, name) : NULL;

    if (text == NULL && a->skip == 0 && a->env->unset_is_error) {
        a->env->error(a->env->context, "%s: parameter not set", name);
        a->failed = true;
        return 0;
    }
    return text != NULL && text[strspn(text, " \t\n")] != '\0' ? to_number(a, text) : 0;
}

static long long assign(struct arith *a, const char *name, long long value)
{
    char text[24];
    struct str s = {0};

    if (a->skip == 0 && !a->failed) {
        str_printf(&s, "%lld", value);
        memcpy(text, str_text(&s), s.size + 1);
        str_free(&s);
        if (!a->env->set(a->env->context, name, text)) {
            a->failed = true;
        }
    }
    return value;
}

// = += and so on behind a variable's name. False: there is none.
static bool parse_assign_operator(struct arith *a, const char *name, long long *out)
{
    static const struct operator assigns[] = {
        {"<<=", 0, OP_SHL}, {">>=", 0, OP_SHR}, {"*=", 0, '*'}, {"/=", 0, '/'}, {"%=", 0, '%'},
        {"+=", 0, '+'},     {"-=", 0, '-'},     {"&=", 0, '&'}, {"^=", 0, '^'}, {"|=", 0, '|'},
    };

    skip_blanks(a);
    if (a->position[0] == '=' && a->position[1] != '=') {
        a->position++;
        *out = assign(a, name, parse_assignment(a));
        return true;
    }
    for (size_t i = 0; i < sizeof(assigns) / sizeof(assigns[0]); i++) {
        size_t size = strlen(assigns[i].text);

        if (strncmp(a->position, assigns[i].text, size) == 0) {
            long long right;

            a->position += size;
            right = parse_assignment(a);
            *out = assign(a, name, compute(a, assigns[i].code, variable_value(a, name), right));
            return true;
        }
    }
    return false;
}

static long long parse_number(struct arith *a)
{
    size_t size = strspn(a->position, "0123456789abcdefABCDEFxX");
    char text[32];

    if (size >= sizeof(text)) {
        return fail(a, "number too large");
    }
    memcpy(text, a->position, size);
    text[size] = '\0';
    a->position += size;
    return to_number(a, text);
}

static long long parse_name(struct arith *a)
{
    size_t size = name_length(a->position);
    struct str name = {0};
    long long value = 0;

    str_add(&name, a->position, size);
    a->position += size;
    if (name.failed) {
        (void)fail(a, "out of memory");
    } else if (!parse_assign_operator(a, str_text(&name), &value)) {
        value = variable_value(a, str_text(&name));
    }
    str_free(&name);
    return value;
}

static long long parse_unary(struct arith *a)
{
    long long value;

    if (a->failed || a->depth >= DEPTH_MAX) {
        return fail(a, "nested too deeply");
    }
    a->depth++;
    skip_blanks(a);
    if (take(a, '(')) {
        value = parse_assignment(a);
        if (!take(a, ')')) {
            value = fail(a, "no closing )");
        }
    } else if (take(a, '-')) {
        value = (long long)(0 - (uint64_t)parse_unary(a));
    } else if (take(a, '+')) {
        value = parse_unary(a);
    } else if (take(a, '~')) {
        value = ~parse_unary(a);
    } else if (*a->position == '!' && a->position[1] != '=') {
        a->position++;
        value = parse_unary(a) == 0;
    } else if (*a->position >= '0' && *a->position <= '9') {
        value = parse_number(a);
    } else if (name_length(a->position) != 0) {
        value = parse_name(a);
    } else {
        value = fail(a, "a number is missing");
    }
    a->depth--;
    return value;
}

static const struct operator* next_operator(struct arith *a)
{
    skip_blanks(a);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (strncmp(a->position, operators[i].text, strlen(operators[i].text)) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}

static long long parse_binary(struct arith *a, int precedence)
{
    long long left = parse_unary(a);
    const struct operator* op;

    while (!a->failed && (op = next_operator(a)) != NULL && op->precedence >= precedence) {
        bool skipped = (op->code == OP_AND && left == 0) || (op->code == OP_OR && left != 0);
        long long right;

        a->position += strlen(op->text);
        a->skip += skipped;
        right = parse_binary(a, op->precedence + 1);
        a->skip -= skipped;
        left = compute(a, op->code, left, skipped ? 0 : right);
    }
    return left;
}

static long long parse_assignment(struct arith *a)
{
    long long condition, yes, no;

    if (a->failed || a->depth >= DEPTH_MAX) {
        return fail(a, "nested too deeply");
    }
    a->depth++;
    condition = parse_binary(a, 1);
    if (take(a, '?')) {
        a->skip += condition == 0;
        yes = parse_assignment(a);
        a->skip -= condition == 0;
        if (!take(a, ':')) {
            (void)fail(a, "no : behind ?");
        }
        a->skip += condition != 0;
        no = parse_assignment(a);
        a->skip -= condition != 0;
        condition = condition != 0 ? yes : no;
    }
    a->depth--;
    return condition;
}

bool arithmetic(const struct expand_env *env, const char *expression, long long *out)
{
    struct arith a = {.env = env, .text = expression, .position = expression};

    skip_blanks(&a);
    *out = 0;
    if (*a.position == '\0') {
        return true;
    }
    *out = parse_assignment(&a);
    skip_blanks(&a);
    if (*a.position != '\0') {
        (void)fail(&a, "cannot understand");
    }
    return !a.failed;
}
