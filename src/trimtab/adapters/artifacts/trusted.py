"""The types that a stored scikit-learn model may be made of, beyond those that skops itself trusts.

Fixed here and nowhere else: a model's file never says what to trust. skops trusts scikit-learn's public estimators,
numpy arrays and ufuncs, and plain Python values. The two tree types can hold node numbers that point outside the
tree, so `trees.py` checks those after loading.
"""

from __future__ import annotations

_SKLEARN = (
    "calibration._CalibratedClassifier",
    "calibration._SigmoidCalibration",
    "calibration._TemperatureScaling",
    "compose._column_transformer._RemainderColsList",
    "ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "feature_selection._mutual_info.mutual_info_classif",
    "feature_selection._mutual_info.mutual_info_regression",
    "feature_selection._univariate_selection.chi2",
    "feature_selection._univariate_selection.f_classif",
    "feature_selection._univariate_selection.f_regression",
    "metrics._dist_metrics.EuclideanDistance",
    "metrics._dist_metrics.EuclideanDistance64",
    "metrics._dist_metrics.MinkowskiDistance",
    "metrics._dist_metrics.MinkowskiDistance64",
    "metrics._scorer._PassthroughScorer",
    "metrics._scorer._Scorer",
    "model_selection._split.GroupKFold",
    "model_selection._split.KFold",
    "model_selection._split.StratifiedKFold",
    "model_selection._split.TimeSeriesSplit",
    "neighbors._ball_tree.BallTree",
    "neighbors._ball_tree.BallTree64",
    "neighbors._kd_tree.KDTree",
    "neighbors._kd_tree.KDTree64",
    "neural_network._stochastic_optimizers.AdamOptimizer",
    "neural_network._stochastic_optimizers.SGDOptimizer",
    "tree._tree.Tree",
    "utils._bunch.Bunch",
    "utils.validation.check_array",
)
_KERNELS = (
    "CompoundKernel",
    "ConstantKernel",
    "DotProduct",
    "ExpSineSquared",
    "Exponentiation",
    "Matern",
    "Product",
    "RBF",
    "RationalQuadratic",
    "Sum",
    "WhiteKernel",
)
_OTHERS = (
    "catboost.core.CatBoost",
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRanker",
    "catboost.core.CatBoostRegressor",
    "collections.OrderedDict",
    "functools.partial",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRanker",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.clip",
    "numpy.dtype",
    "numpy.nan_to_num",
    "numpy.ravel",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "trimtab.training.rule.Rule",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRFClassifier",
    "xgboost.sklearn.XGBRFRegressor",
    "xgboost.sklearn.XGBRanker",
    "xgboost.sklearn.XGBRegressor",
)

TRUSTED: tuple[str, ...] = (
    *(f"sklearn.{name}" for name in _SKLEARN),
    *(f"sklearn.gaussian_process.kernels.{name}" for name in _KERNELS),
    *_OTHERS,
)
