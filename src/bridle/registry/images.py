"""The records of augmentations: what training does to pictures, whose classes stay what they are."""

from __future__ import annotations

import math
from collections.abc import Callable

from bridle.perturb import images
from bridle.perturb.images import Change, on_pictures
from bridle.perturb.motions import Motion
from bridle.registry.records import Perturbation, Regularizer, Requirement, Setting
from bridle.streams import Purpose

_GOODFELLOW = "Goodfellow, Bengio and Courville (2016), Deep Learning, section 7.4"
_SHORTEN = "Shorten and Khoshgoftaar (2019), A survey on image data augmentation for deep learning"
_CUBUK = "Cubuk et al. (2019), AutoAugment, appendix"
_HOWARD = "Howard (2014), Some improvements on deep convolutional networks, additional color manipulations"
_HALF = (0.1, 0.25, 0.5)
_SHARES = (0.25, 0.5, 0.75, 1.0)
_FACTORS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
_PIXELS_MOVE = (
    "What lies outside is the nearest pixel unless Plan(fill=...) says otherwise; all motions of a plan \
are one reading of the picture."
)


def _augmentation(
    name: str,
    what: str,
    unit: str,
    grid: tuple[float, ...],
    high: float = math.inf,
    open_high: bool = False,
    *,
    formula: str,
    sentence: str,
    source: str,
    notes: str,
    purpose: Purpose,
    change: Change | None = None,
    motion: Callable[..., Motion] | None = None,
    requires: Requirement = "pictures",
) -> Regularizer:
    """Return the record of an augmentation, off at 0, that moves pixels, or changes them, or does both."""
    strength = Setting(
        name, what, unit, 0.0, high=high, open_high=open_high, off=0.0, grid=grid, slots="none"
    )
    return Regularizer(
        name=name,
        family="images",
        formula=formula,
        settings=(strength,),
        sentence=sentence,
        source=source,
        notes=notes,
        perturbation=Perturbation(purpose, None if change is None else on_pictures(change), motion),
        requires=requires,
    )


IMAGES = (
    _augmentation(
        "horizontal_flip", "how often a picture is mirrored", "a probability", _HALF, high=1.0,
        formula="x[c, h, w] <- x[c, h, W - 1 - w] with probability horizontal_flip",
        sentence="Shows pictures from left to right or from right to left, where both mean the same.",
        source=f"Krizhevsky, Sutskever and Hinton (2012), section 4.1; {_GOODFELLOW}",
        notes="1/2 makes both sides equally frequent. Not for letters, digits, or what has a direction.",
        purpose=Purpose.HORIZONTAL_FLIP, change=images.horizontal_flip,
    ),
    _augmentation(
        "vertical_flip", "how often a picture is upside down", "a probability", _HALF, high=1.0,
        formula="x[c, h, w] <- x[c, H - 1 - h, w] with probability vertical_flip",
        sentence="Turns pictures upside down, where up and down mean the same.",
        source=f"{_SHORTEN}, section Flipping",
        notes="For pictures from above or through a microscope; elsewhere test pictures are never like that.",
        purpose=Purpose.VERTICAL_FLIP, change=images.vertical_flip,
    ),
    _augmentation(
        "rotation", "largest angle", "degrees", (5.0, 10.0, 15.0, 20.0, 30.0, 45.0), high=180.0,
        formula="turned by an angle ~ U(-rotation, rotation)",
        sentence="Turns pictures around their center by a random angle.",
        source=f"{_SHORTEN}, section Rotation; {_CUBUK}, Rotate",
        notes=f"Beyond 20 degrees digits change their meaning: 6 and 9. {_PIXELS_MOVE}",
        purpose=Purpose.ROTATION, motion=images.rotation,
    ),
    _augmentation(
        "translation", "largest share of the sides", "a share", (0.03, 0.05, 0.1, 0.15, 0.2, 0.3), high=1.0,
        formula="moved by a H pixels down and b W pixels right, a, b ~ U(-translation, translation)",
        sentence="Moves pictures by a random share of their sides, down or up and right or left.",
        source=f"{_SHORTEN}, section Translation; {_CUBUK}, TranslateX and TranslateY",
        notes=f"Between pixels, which blurs a little; `shift` moves by whole ones. {_PIXELS_MOVE}",
        purpose=Purpose.TRANSLATION, motion=images.translation,
    ),
    _augmentation(
        "shift", "most pixels to each side", "pixels", (1.0, 2.0, 3.0, 4.0),
        formula="moved down and right by whole pixels ~ U{-n, ..., n} each, n = floor(shift)",
        sentence="Moves pictures by a few whole pixels, so that no pixel changes its value.",
        source="He et al. (2016), Deep residual learning, section 4.2: crops of padded pictures",
        notes="Crops of pictures padded by n pixels: padded with 0 under Plan(fill='constant').",
        purpose=Purpose.SHIFT, motion=images.shift,
    ),
    _augmentation(
        "zoom", "how far the factor may be from 1", "a share",
        (0.05, 0.1, 0.15, 0.2, 0.3), high=1.0, open_high=True,
        formula="enlarged around the center by a factor ~ U(1 - zoom, 1 + zoom)",
        sentence="Shows pictures larger or smaller, from a random distance.",
        source="Simard, Steinkraus and Platt (2003), Best practices for convolutional networks, section 2",
        notes=f"Far below a factor of 1 pixels are skipped. {_PIXELS_MOVE}",
        purpose=Purpose.ZOOM, motion=images.zoom,
    ),
    _augmentation(
        "shear", "largest slope", "pixels a pixel", (0.05, 0.1, 0.15, 0.2, 0.3, 0.4), high=1.0,
        formula="each line moved right by s times its height over the center, s ~ U(-shear, shear)",
        sentence="Slants pictures to the right or to the left, as handwriting does.",
        source=f"{_CUBUK}, ShearX",
        notes=_PIXELS_MOVE,
        purpose=Purpose.SHEAR, motion=images.shear,
    ),
    _augmentation(
        "crop", "largest share of the area that is cut off", "a share",
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), high=1.0, open_high=True,
        formula="a window with a share ~ U(1 - crop, 1) of the area, anywhere, resized to the whole",
        sentence="Cuts a random window out of a picture and enlarges it to the picture's size.",
        source="Szegedy et al. (2015), Going deeper with convolutions, section 6, at the picture's own form",
        notes=f"Training sees things larger than test pictures show them. {_PIXELS_MOVE}",
        purpose=Purpose.CROP, motion=images.crop,
    ),
    _augmentation(
        "brightness", "most that is added", "of the inputs", _FACTORS,
        formula="x <- x + d, d ~ U(-brightness, brightness), one d a picture",
        sentence="Makes pictures brighter or darker.",
        source=f"{_HOWARD}; {_SHORTEN}, section Color space transformations",
        notes="The unit is that of the inputs: standardize them. Nothing is clipped.",
        purpose=Purpose.BRIGHTNESS, change=images.brightness,
    ),
    _augmentation(
        "contrast", "how far the factor may be from 1", "a share", _FACTORS, high=1.0,
        formula="x <- m + f (x - m), f ~ U(1 - contrast, 1 + contrast), m the mean of the picture's channel",
        sentence="Stretches or flattens the light and dark of pictures.",
        source=f"{_HOWARD}",
        notes="Does nothing to a network whose first layer is normalized for each picture.",
        purpose=Purpose.CONTRAST, change=images.contrast,
    ),
    _augmentation(
        "saturation", "how far the factor may be from 1", "a share", _FACTORS, high=1.0,
        formula="x <- g + f (x - g), f ~ U(1 - saturation, 1 + saturation), g the lightness of the pixel",
        sentence="Makes colors stronger or paler.",
        source=f"{_HOWARD}; lightness after Recommendation ITU-R BT.601, section 2.5.1",
        notes="Channels are red, green and blue, standardized alike or not at all.",
        purpose=Purpose.SATURATION, change=images.saturation, requires="pictures in color",
    ),
    _augmentation(
        "hue", "largest angle", "degrees", (5.0, 10.0, 18.0, 36.0, 54.0, 72.0), high=180.0,
        formula="color differences (B - g, R - g) turned by an angle ~ U(-hue, hue), lightness g kept",
        sentence="Turns all colors of a picture around the color circle.",
        source="Haeberli (1993), Matrix operations for image processing; ITU-R BT.601, section 2.5.2",
        notes="Channels are red, green and blue, standardized alike or not at all. Not where color tells.",
        purpose=Purpose.HUE, change=images.hue, requires="pictures in color",
    ),
    _augmentation(
        "blur", "largest deviation", "pixels", (0.25, 0.5, 0.75, 1.0, 1.25, 1.5), high=1.5,
        formula="x <- x * w, w_k ~ exp(-k^2 / (2 s^2)), |k| <= 3, s ~ U(0, blur)",
        sentence="Shows pictures out of focus.",
        source=f"{_SHORTEN}, section Kernel filters",
        notes="The opposite, grain, is `input_noise`.",
        purpose=Purpose.BLUR, change=images.blur,
    ),
    _augmentation(
        "vgg", "share of the published strengths", "a share", _SHARES, high=1.0,
        formula="a window with 1 - vgg/8 of each side, anywhere, resized; mirrored with probability vgg/2",
        sentence="Crops and flips as the VGG networks were trained: 224 of 256 pixels a side.",
        source="Simonyan and Zisserman (2015), Very deep convolutional networks, section 3.1",
        notes="At 1 the published recipe, without its shift of colors. Not where left and right differ.",
        purpose=Purpose.VGG, change=images.vgg_flip, motion=images.vgg_crop,
    ),
    _augmentation(
        "inception", "share of the published strengths", "a share", _SHARES, high=1.0,
        formula="s = inception: a window with a share ~ U(1 - 0.92 s, 1) of the area and form up to (4/3)^s, "
        "resized; mirrored with probability s/2; brightness, contrast and saturation at s/2",
        sentence="Crops in area and form, flips and recolors as the Inception networks were trained.",
        source=f"Szegedy et al. (2015), Going deeper with convolutions, section 6; {_HOWARD}",
        notes="At 1 the published recipe, its changes of color in one order. Strong: a window may be a "
        "twelfth of the picture. Saturation is of pictures with three channels.",
        purpose=Purpose.INCEPTION, change=images.inception_change, motion=images.inception_crop,
    ),
    _augmentation(
        "random_erasing", "probability that a picture takes part", "a probability",
        (0.1, 0.2, 0.3, 0.5, 0.75, 1.0), high=1.0,
        formula="x <- 0 in a box, its area ~ U(0.02, 0.4) of the picture's, its form between 3/10 and 10/3",
        sentence="Erases a random box of a picture, as if something stood before it.",
        source="Zhong et al. (2020), Random erasing data augmentation, algorithm 1",
        notes="0 is the mean of standardized inputs. `cutout` erases squares of one size.",
        purpose=Purpose.ERASING, change=images.random_erasing,
    ),
)  # fmt: skip
