/*
 * The rows of the table for two scalars, and the weight. Integers are blended exactly: w is a
 * double, so w·2^60 is an integer for every w of at least 2^-8.
 */
#include <math.h>

#include "persona/step.h"

#define SCALE_BITS 60
/* a result this near to an integer is that integer: floor(1e-9 * 2^60) */
#define NEAR INT64_C(1152921504)

static int64_t blend_integers(int64_t base, int64_t value, double weight)
{
	const int64_t one = INT64_C(1) << SCALE_BITS;
	int64_t w = (int64_t)(weight * (double)one);
	__int128 sum = (__int128)base * w + (__int128)value * (one - w);
	int64_t whole = (int64_t)(sum / one), rest = (int64_t)(sum % one);

	if (rest >= one - NEAR)
		return whole + 1;
	if (rest <= NEAR - one)
		return whole - 1;
	return whole;
}

static struct node *blend(struct step *step, const struct node *base, const struct node *value)
{
	double w = step->weight;
	struct node *result = step_shell(step, w > 0.5 ? base : value, w <= 0.5, RULE_BLEND);

	if (!result)
		return NULL;
	result->style = STYLE_ANY;
	result->text = NULL;
	result->length = 0;
	if (base->kind == NODE_INT && value->kind == NODE_INT) {
		result->integer = blend_integers(base->integer, value->integer, w);
		return result;
	}
	result->kind = NODE_FLOAT;
	result->real = node_number(base) * w + node_number(value) * (1.0 - w);
	return result;
}

static struct node *two_numbers(struct step *step, const struct node *base,
				const struct node *value)
{
	if (node_equal(base, value))
		return step_adopt(step, value, RULE_EQUAL, false);
	if (!isfinite(node_number(base)) || !isfinite(node_number(value)))
		return step_adopt(step, value, RULE_KINDS, false);
	return blend(step, base, value);
}

struct node *table_value(struct step *step, struct node *base, const struct node *value)
{
	if (node_is_number(base) && node_is_number(value))
		return two_numbers(step, base, value);
	if (base->kind != value->kind)
		return step_adopt(step, value, RULE_KINDS, false);
	switch (base->kind) {
	case NODE_STRING:
	case NODE_BOOL:
		return step->weight > 0.5 ? step_keep(step, base, RULE_WEIGHT)
					  : step_adopt(step, value, RULE_WEIGHT, false);
	case NODE_LIST:
		return lists_by_weight(step, base, value);
	default:
		return step_adopt(step, value, RULE_KINDS, false);
	}
}

double resolve_weight(double importance, double level)
{
	double weight = importance / (level * level);

	return weight > 1.0 ? 1.0 : weight >= 0.01 ? weight : 0.01;
}

const char *resolve_band(double weight)
{
	return weight > 0.7 ? "base-led" : weight < 0.3 ? "persona-led" : "balanced";
}
