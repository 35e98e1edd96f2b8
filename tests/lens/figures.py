"""The lens's figure."""

from nubounds.style import draw_user_limits, label_curve, new_figure


def fig1(run):
    figure, ax = new_figure()
    curve = run.curves["focal_length"]
    ax.loglog(curve.x, curve.y)
    label_curve(ax, curve.x, curve.y, "f")
    draw_user_limits(ax, run.user_limits, "a_cm", "f_cm")
    return figure


FIGURES = {"fig1": fig1}
