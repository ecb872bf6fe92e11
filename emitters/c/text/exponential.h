/* Functions that are made of exponentials, many elements at once. A power of e is a power of 2 times
   1 + a polynomial, whose last bits may be off; powers below the smallest normal float are 0. */
#if LANES > 1
typedef struct {
    vector scale, more; /* e to the y is twice scale * (1 + more) */
} powers;

PART powers powers_of(vector y)
{
    const float magic = 12582912; /* 1.5 times 2 to the 23: behind it a float has no fraction */
    const vector x = clip(y, -87.5f, 89.0f), t = x * splat(1.44269504f) + splat(magic);
    const vector n = t - splat(magic);
    const vector r = x - n * splat(0.693359375f) + n * splat(2.12194440e-4f);
    vector p = splat(1.98756915e-4f) * r + splat(1.39819995e-3f);
    p = p * r + splat(8.33345191e-3f);
    p = p * r + splat(4.16657959e-2f);
    p = p * r + splat(1.66666655e-1f);
    p = p * r + splat(0.5f);
    return (powers){(vector)(((mask)t + 126) << 23), p * (r * r) + r};
}
PART vector exponential(vector y)
{
    const powers e = powers_of(y);
    return splat(2) * (e.scale * e.more + e.scale);
}
/* One less, also for small y. */
PART vector growth(vector y)
{
    const powers e = powers_of(y);
    return splat(2) * (e.scale * e.more + (e.scale - splat(0.5f)));
}
PART vector either(mask is, vector a, vector b)
{
    return (vector)(((mask)a & is) | ((mask)b & ~is));
}
PART vector hyperbolic_tangent(vector y)
{
    const vector t = magnitude(y), s = y * y;
    vector p = splat(-5.70498873e-3f) * s + splat(2.06390888e-2f);
    p = p * s + splat(-5.37397156e-2f);
    p = p * s + splat(1.33314422e-1f);
    p = p * s + splat(-3.33332819e-1f);
    const vector far = splat(1) - splat(2) / (exponential(t + t) + splat(1));
    return either(t > 0.625f, either(y < 0, -far, far), p * s * y + y);
}
/* The integral of the bell curve, by polynomials of our own: below 1, and of its distance from 1. */
PART vector error_function(vector y)
{
    const vector t = either(magnitude(y) > 4, splat(4), magnitude(y)), s = y * y;
    vector p = splat(7.88249745e-5f) * s + splat(-8.0188555e-4f);
    p = p * s + splat(5.18931216e-3f);
    p = p * s + splat(-2.68543288e-2f);
    p = p * s + splat(1.12835974e-1f);
    p = p * s + splat(-3.7612626e-1f);
    p = p * s + splat(1.28379166e-1f);
    vector q = splat(-1.86551712e-4f) * t + splat(2.94894585e-3f);
    q = q * t + splat(-2.18417067e-2f);
    q = q * t + splat(1.03111453e-1f);
    q = q * t + splat(6.38142467e-1f);
    q = q * t + splat(1.1270889f);
    q = q * t + splat(3.41962354e-4f);
    const vector far = splat(1) - exponential(-q);
    return either(t > 1, either(y < 0, -far, far), p * y + y);
}
#else
PART vector exponential(vector y) { return expf(y); }
PART vector growth(vector y) { return expm1f(y); }
PART vector hyperbolic_tangent(vector y) { return tanhf(y); }
PART vector error_function(vector y) { return erff(y); }
#endif
PART vector logistic(vector y) { return splat(1) / (splat(1) + exponential(-y)); }
/* tanh(log(1 + e)) is (1 + e)^2 - 1 over (1 + e)^2 + 1. */
PART vector mish(vector y)
{
    const vector e = exponential(clip(y, -87.5f, 20)), part = e * (e + splat(2));
    return y * (part / (part + splat(2)));
}

