/* Functions that are made of exponentials, many elements at once. A power of e is 2 to the n times
   1 + more, where `more` is r + curve, and `lost` what rounding loses of r. */
typedef struct {
    bits n; /* with upper bits of its own, which no exponent has room for */
    vector more, r, curve, lost;
} power;
#define MAGIC 12582912.0f /* 1.5 times 2 to the 23: behind it a float has no fraction */

/* e to the y - less, for a small `less`. */
EACH power power_of(vector y, vector less)
{
    const vector t = (y - less) * splat(1.44269504f) + splat(MAGIC), n = t - splat(MAGIC);
    const vector big = y - n * splat(0.693359375f), small = n * splat(2.12194440e-4f) - less;
    const vector r = big + small, square = r * r;
    vector p = splat(1.38138208e-3f) * r + splat(8.36910234e-3f);
    p = p * r + splat(4.16684252e-2f);
    p = p * r + splat(1.66665174e-1f);
    p = p * r + splat(0.499999932f);
    return (power){bits_of(t), p * square + r, r, p * square, big - r + small};
}

/* 2 to the n is the product of two powers of 2, since the result may be subnormal: one multiplies
   last. For n from -254 to 128; at -254 both are 0. */
typedef struct {
    vector half, rest;
} halves;

EACH halves halves_of(bits n)
{
    const bits twice = n - bits_of(splat(MAGIC)) + 254, half = twice >> 1;
    return (halves){of_bits(half << 23), of_bits((twice - half) << 23)};
}
EACH vector exponential(vector y)
{
    const power e = power_of(clip(y, -176, 89), splat(0));
    const halves two = halves_of(e.n);
    return (two.half * e.more + two.half) * two.rest;
}
/* One less, for y that is not above 0. */
EACH vector growth(vector y)
{
    const power e = power_of(-least(-y, 87), splat(0));
    const vector scale = of_bits((e.n << 23) + bits_of(splat(1)));
    return scale * e.more + (scale - splat(1));
}

/* top / (1 + e to the -x), where `e` is the power, and `most` for an x above 20, where that is all the
   same. Both sides are multiplied with a power of 2, lest the sum is infinite for an x far below 0. */
EACH vector gated(vector most, vector top, vector x, power e)
{
    const vector unit = splat(0x1p-64f), scale = of_bits((e.n << 23) + bits_of(unit));
    return either(x > 20, most, top / (scale * e.more + unit + scale) * unit);
}
enum { LOWEST = -132 }; /* e to this is 0, also times this */

EACH vector logistic(vector y)
{
    const vector x = lifted(y, LOWEST);
    return gated(splat(1), splat(1), x, power_of(-x, splat(0)));
}
/* The infinite times 0 is no number, as in PyTorch. */
EACH vector silu(vector y)
{
    const vector x = lifted(y, LOWEST);
    return gated(y, y * splat(0) + x, x, power_of(-x, splat(0)));
}

EACH vector hyperbolic_tangent(vector y)
{
    const vector t = magnitude(y), s = y * y;
    vector p = splat(-5.709501073e-3f) * s + splat(2.064366988e-2f);
    p = p * s + splat(-5.37413547e-2f);
    p = p * s + splat(1.333146618e-1f);
    p = p * s + splat(-3.333328311e-1f);
    const power e = power_of(least(t + t, 64), splat(0));
    const vector scale = of_bits((e.n << 23) + bits_of(splat(1)));
    const vector far = splat(1) - splat(2) / (scale * e.more + (splat(1) + scale));
    return either(t > 0.625f, either(y < 0, -far, far), p * s * y + y);
}

/* A power before the rest multiplies it: the nearest number, and what it is off by. */
typedef struct {
    vector most, little;
} pair;

EACH pair pair_of(power e, vector half)
{
    const vector first = half * e.r, most = half + first;
    return (pair){most, half * (e.curve + e.lost) + (first - (most - half))};
}
/* The upper bits of each float: products of two such are exact. */
EACH vector upper(vector y) { return of_bits(bits_of(y) & 0xfffff000u); }

/* What rounding loses of a product. */
EACH vector lost_of(vector a, vector b, vector product)
{
    const vector h = upper(a), k = upper(b);
    return (h * k - product) + h * (b - k) + (a - h) * b;
}
/* y tanh(log(1 + e)), and that is y - y / d or, far below 0, y e - y e (e^2 + e) / 2 d, where d is
   1 + e + e^2 / 2. */
EACH vector mish(vector y)
{
    const power p = power_of(clip(y, -176, 20), splat(0));
    const halves two = halves_of(p.n);
    const pair s = pair_of(p, two.half);
    const mask low = y < -0.3f;
    const vector e = (s.most + s.little) * two.rest, h = splat(0.5f) * e;
    const vector n = h * e + e, d = n + splat(1);
    const vector most = y * s.most, whole = either(low, most, y);
    const vector rest = either(low, lost_of(y, s.most, most) + y * s.little, splat(0));
    const vector off = either(low, h * e + h, splat(1)) / d;
    const vector less = off - off * (off * (n - (d - splat(1))));
    const vector near = whole - (whole * less - (rest - rest * less));
    return either(y > 20, y, near * either(low, two.rest, splat(1)));
}

/* y times the part of the bell curve that is below it: near 0 by a polynomial, and else by
   e to the -y^2 / 2 times one of (|y| - 2) / (|y| + 2). */
EACH vector gelu(vector y)
{
    const vector a = least(magnitude(y), 18.77f), s = y * y, h = upper(a);
    const vector u = (a - splat(2)) / (a + splat(2));
    const power e = power_of(splat(-0.5f) * h * h, splat(0.5f) * (a - h) * (a + h));
    const halves two = halves_of(e.n);
    const pair w = pair_of(e, two.half);
    vector q = splat(9.872064402e-5f) * s + splat(-1.17578404e-3f);
    q = q * s + splat(9.969951585e-3f);
    q = q * s + splat(-6.648990512e-2f);
    q = q * s + splat(3.989422619e-1f);
    vector p = splat(1.177143189e-3f) * u + splat(-4.366588255e-4f);
    p = p * u + splat(-4.485771526e-3f);
    p = p * u + splat(-3.607655177e-3f);
    p = p * u + splat(1.814379543e-2f);
    p = p * u + splat(3.275788948e-2f);
    p = p * u + splat(-1.51304394e-1f);
    p = p * u + splat(1.705017835e-1f);
    const vector first = splat(3.3620402e-1f), t = p * u, m = first + t;
    const vector little = t - (m - first) + splat(-1.3602296e-8f);
    const vector near = y * (q * y + splat(0.5f));
    const vector below = (m * w.most + (m * w.little + little * w.most)) * two.rest;
    return either(a < 0.8f, near, either(y < 0, y * splat(0) - below, y - below));
}

/* y / (1 + e to the -y (c + d y^2)): so large an exponent is near enough only as the sum of two
   floats. */
EACH vector gelu_tanh(vector y)
{
    const float c = 1.59576917f, d = 0.0713500977f; /* d is short: products with it are exact */
    const vector a = clip(y, -11.68f, 9.5f), h = upper(a), square = h * h;
    const vector q = splat(d) * upper(square), w = splat(c) + q, whole = upper(w);
    const vector lost = (splat(c) - (w - q)) + (q - (w - (w - q))) + splat(-4.534068e-8f);
    const vector more = splat(d) * (square - upper(square)) + splat(4.71861635e-6f) * square
        + splat(0.0713548163f) * ((a - h) * (a + h));
    const vector part = w - whole + (lost + more);
    const vector x = h * whole, little = h * part + (a - h) * (w + more);
    return gated(y, y * splat(0) + a, x, power_of(-x, little));
}

