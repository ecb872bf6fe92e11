/* Before a band of a map is made: at the top there is padding, and later what the last band ends with. */
PART void keep_rows(float *ws, const int *ends, int every, int planes, int top, int above, int from,
                    int kept)
{
    for (int c = 0; c < planes; c++) {
        float *plane = ws + ends[c * every];
        if (top == 0)
            fill(plane, above, 0);
        else
            memmove(plane, plane + from, (size_t)kept * sizeof(float));
    }
}
