//! The attribute [`macro@exercise`], which replaces an exercise by its reference solution, and [`macro@placeholder`], which replaces it by a panic.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{FnArg, ItemFn, Pat, spanned::Spanned};

/// Marks a function that the student writes.
///
/// Normally the function stays as it is. With the `solutions` switch on, its body becomes a call of the function of the
/// same name in `spectral_course::solutions`, with the same arguments. The signature is still the student's, and one that
/// differs from the reference does not compile. Continuous integration runs every notebook in both modes, and so keeps
/// the two together.
///
/// The switch is the feature `solutions` (of `spectral-course`, which passes it on) or the environment variable
/// `SPECTRAL_COURSE_SOLUTIONS=1`, read when the macro expands; the kernel *Rust (solutions)* sets it.
#[proc_macro_attribute]
pub fn exercise(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let switched_on = cfg!(feature = "solutions") || course_protocol::variables::solutions_wanted();
    expand(attribute.into(), item.into(), switched_on).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Replaces the body of an exercise by a panic that says that no cell has defined the function yet.
///
/// It is for the crate `spectral-course` alone: what a notebook imports has such a placeholder for each of its own exercises.
#[proc_macro_attribute]
pub fn placeholder(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand_placeholder(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand_placeholder(item: Tokens) -> syn::Result<Tokens> {
    let ItemFn { attrs, vis, sig, .. } = syn::parse2(item)?;
    let name = sig.ident.to_string();
    // The panic's place is then the student's call, if there is one.
    Ok(quote! {
        #(#attrs)*
        #[track_caller]
        #vis #sig {
            ::std::panic!("{}", ::course_protocol::placeholder::missing(#name))
        }
    })
}

fn expand(attribute: Tokens, item: Tokens, solutions: bool) -> syn::Result<Tokens> {
    if !attribute.is_empty() {
        return Err(syn::Error::new(attribute.span(), "#[exercise] takes no arguments"));
    }
    let function: ItemFn =
        syn::parse2(item).map_err(|e| syn::Error::new(e.span(), format!("#[exercise] stands on a function: {e}")))?;
    let arguments = argument_names(&function)?;
    if !solutions {
        return Ok(quote!(#function));
    }
    let ItemFn { attrs, vis, sig, .. } = &function;
    let name = &sig.ident;
    Ok(quote! {
        #(#attrs)*
        #vis #sig {
            ::spectral_course::solutions::#name(#(#arguments),*)
        }
    })
}

/// The names of the arguments, in order; an argument that is a pattern has none.
fn argument_names(function: &ItemFn) -> syn::Result<Vec<&syn::Ident>> {
    function
        .sig
        .inputs
        .iter()
        .map(|argument| match argument {
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(pattern) => Ok(&pattern.ident),
                other => Err(syn::Error::new(other.span(), "each argument of an exercise has a plain name")),
            },
            FnArg::Receiver(receiver) => {
                Err(syn::Error::new(receiver.span(), "an exercise is a free function, not a method"))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: Tokens, solutions: bool) -> String {
        expand(Tokens::new(), item, solutions).expect("the exercise expands").to_string()
    }

    #[test]
    fn leaves_the_students_function_alone() {
        let stub = quote!(
            fn trace(a: &Matrix, m: usize) -> f64 {
                todo!("exercise 3/1.1")
            }
        );
        assert_eq!(expanded(stub.clone(), false), stub.to_string());
    }

    #[test]
    fn calls_the_reference_with_the_same_arguments() {
        let stub = quote!(
            fn trace(a: &Matrix, mut m: usize) -> f64 {
                todo!("exercise 3/1.1")
            }
        );
        let reference = quote! {
            fn trace(a: &Matrix, mut m: usize) -> f64 { ::spectral_course::solutions::trace(a, m) }
        };
        assert_eq!(expanded(stub, true), reference.to_string());
    }

    #[test]
    fn a_placeholder_has_the_signature_and_names_the_function() {
        let stub = quote!(
            pub fn trace(a: &Matrix, m: usize) -> f64 {
                todo!("exercise 3/1.1")
            }
        );
        let placeholder = quote! {
            #[track_caller]
            pub fn trace(a: &Matrix, m: usize) -> f64 {
                ::std::panic!("{}", ::course_protocol::placeholder::missing("trace"))
            }
        };
        assert_eq!(expand_placeholder(stub).expect("it expands").to_string(), placeholder.to_string());
    }

    #[test]
    fn says_what_it_cannot_take() {
        for (attribute, item, message) in [
            (
                quote!(hard),
                quote!(
                    fn f() {}
                ),
                "takes no arguments",
            ),
            (
                quote!(),
                quote!(
                    struct S;
                ),
                "stands on a function",
            ),
            (
                quote!(),
                quote!(
                    fn f((a, b): (f64, f64)) {}
                ),
                "has a plain name",
            ),
            (
                quote!(),
                quote!(
                    fn f(&self) {}
                ),
                "a free function",
            ),
        ] {
            let error = expand(attribute, item, true).expect_err(message).to_string();
            assert!(error.contains(message), "{error:?} should say {message:?}");
        }
    }
}
